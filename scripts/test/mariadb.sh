# MariaDB for the tests; sourced by `databases`.
#
# What a default hides is set to the unusual on purpose: the server's own character set is latin1, compared in any case
# (Havre's text is UTF-8, compared bytewise, and it has to say so), and the server lives in another time zone than the times
# in its tables.
# shellcheck shell=bash
lab=${lab:?}

mariadb_server() {
  command -v mariadb mariadb-install-db >/dev/null && PATH=$PATH:/usr/sbin:/usr/local/sbin type -P mariadbd
}

# One user for the tests, no other that could come in without a password.
mariadb_users() {
  cat <<SQL
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
FLUSH PRIVILEGES;
CREATE USER havre@'%' IDENTIFIED BY '$1';
GRANT ALL ON *.* TO havre@'%' WITH GRANT OPTION;
SQL
}

# Asked with the password of the tests: another server on this port would refuse it.
mariadb_is_ready() {
  as "$1" mariadb --defaults-file="$lab/mariadb/client.cnf" --connect-timeout=2 -e 'SELECT 1'
}

mariadb_client() { printf '[client]\nprotocol=tcp\nhost=127.0.0.1\nport=%s\nuser=havre\npassword=%s\n' "$1" "$2"; }

start_mariadb() {
  local server user secret port attempt home=$lab/mariadb
  server=$(mariadb_server) || { skipped MariaDB "it is not installed (apt-get install mariadb-server)"; return; }
  user=$(user_of mysql nobody)
  secret=$(password)
  folder_of mariadb "$user"
  mariadb_users "$secret" | write_as "$user" "$home/users.sql"
  as "$user" mariadb-install-db --no-defaults --datadir="$home/data" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve >"$lab/mariadb.log" 2>&1 ||
    { skipped MariaDB "mariadb-install-db: $(last_words "$lab/mariadb.log")"; return; }
  for attempt in 1 2 3 4 5; do
    port=$(spare_port)
    mariadb_client "$port" "$secret" | write_as "$user" "$home/client.cnf"
    # The socket's name is relative to the data, since the path of a socket must be short.
    launch mariadb "$user" KILL "$server" --no-defaults --datadir="$home/data" --bind-address=127.0.0.1 --port="$port" \
      --socket=socket --pid-file=pid --init-file="$home/users.sql" --skip-name-resolve --max-connections=200 \
      --innodb-buffer-pool-size=64M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=1 \
      --character-set-server=latin1 --collation-server=latin1_swedish_ci --default-time-zone=+05:30 \
      --sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
    if answers mariadb mariadb_is_ready "$user"; then
      export HAVRE_TEST_MARIADB="mysql://havre:$secret@127.0.0.1:$port/"
      return
    fi
    end_server mariadb
  done
  skipped MariaDB "it does not start (tried $attempt times): $(last_words "$lab/mariadb.log")"
}
