# PostgreSQL for the tests; sourced by `databases`.
#
# What a default hides is set to the unusual on purpose: text is sorted as people sort it (Havre compares it bytewise and
# has to say so), and the server lives in another time zone than the times in its tables.
# shellcheck shell=bash
lab=${lab:?}

postgres_programs() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
      echo "$folder"
      return
    fi
  done
  command -v initdb >/dev/null && dirname "$(command -v initdb)"
}

# Makes the files of a server. ICU is built into Debian's; without it the plain UTF-8 locale must do.
postgres_files() {
  local programs=$1 user=$2 home=$lab/postgres
  local plain=(as "$user" "$programs/initdb" --pgdata="$home/data" --username=havre --pwfile="$home/password"
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync)
  "${plain[@]}" --locale-provider=icu --icu-locale=en-US >"$lab/postgres.log" 2>&1 || {
    rm -rf "$home/data"
    "${plain[@]}" >"$lab/postgres.log" 2>&1
  }
}

postgres_is_ready() { tail -n 1 "$lab/postgres/data/postmaster.pid" | grep -q '^ready'; }

start_postgres() {
  local programs user secret port attempt
  programs=$(postgres_programs) || { skipped PostgreSQL "it is not installed (apt-get install postgresql)"; return; }
  user=$(user_of postgres nobody)
  secret=$(password)
  folder_of postgres "$user"
  write_as "$user" "$lab/postgres/password" <<<"$secret"
  postgres_files "$programs" "$user" || { skipped PostgreSQL "initdb: $(last_words "$lab/postgres.log")"; return; }
  for attempt in 1 2 3 4 5; do
    port=$(spare_port)
    launch postgres "$user" QUIT "$programs/postgres" -D "$lab/postgres/data" -c listen_addresses=127.0.0.1 \
      -c port="$port" -c unix_socket_directories= -c max_connections=200 -c shared_buffers=64MB -c fsync=on \
      -c timezone='<+0530>-05:30' -c log_timezone=UTC
    if answers postgres postgres_is_ready; then
      export HAVRE_TEST_POSTGRES="postgresql://havre:$secret@127.0.0.1:$port/postgres"
      return
    fi
    end_server postgres
  done
  skipped PostgreSQL "it does not start (tried $attempt times): $(last_words "$lab/postgres.log")"
}
