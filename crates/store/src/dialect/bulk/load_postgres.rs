//! PostgreSQL: COPY, in its text form. <https://www.postgresql.org/docs/15/sql-copy.html>

use std::io::Write;

use sqlx::PgConnection;

use crate::portable::Value;

pub(super) async fn load(
    link: &mut PgConnection,
    into: &str,
    width: usize,
    values: &[Value],
) -> Result<(), sqlx::Error> {
    let mut text = Vec::new();
    for row in values.chunks(width) {
        for (index, value) in row.iter().enumerate() {
            if index > 0 {
                text.push(b'\t');
            }
            spell(value, &mut text);
        }
        text.push(b'\n');
    }
    let statement = format!("COPY {into} FROM STDIN");
    let mut copy = link.copy_in_raw(&statement).await?;
    if let Err(error) = copy.send(text).await {
        // The server says more about it than the connection does.
        return Err(copy.abort("not sent").await.err().unwrap_or(error));
    }
    copy.finish().await.map(drop)
}

fn spell(value: &Value, text: &mut Vec<u8>) {
    // Writing to a vector never fails.
    let _infallible = match value {
        Value::Null => text.write_all(b"\\N"),
        Value::Integer(number) => write!(text, "{number}"),
        Value::Real(number) => write!(text, "{number:?}"),
        Value::Text(held) => {
            escape(held.as_bytes(), text);
            Ok(())
        }
        // Never carried here; what is not text would be refused by the server.
        Value::Blob(bytes) | Value::BadText(bytes) => {
            escape(bytes, text);
            Ok(())
        }
    };
}

fn escape(held: &[u8], text: &mut Vec<u8>) {
    for byte in held {
        match byte {
            b'\\' => text.extend_from_slice(b"\\\\"),
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            _ => text.push(*byte),
        }
    }
}
