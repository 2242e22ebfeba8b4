-- The messages in the order in which the exchange made them. Within a stream that is the order of arrival; the streams are
-- merged by transaction time (T), the only clock that all of them carry from the matching engine. At one millisecond a
-- trade precedes the quote that it left behind, and book messages go by update id, a depth message before a quote of the
-- same update. Where T runs back within a stream it is raised to the latest before it.
--
-- The stream begins with its snapshot: what was seen before is of a book that is not known.
CREATE TABLE snapshot AS
SELECT file, line, transaction_ms, update_id FROM message WHERE kind = 'snapshot' ORDER BY file, line LIMIT 1;

CREATE TABLE event AS
WITH timed AS (
  SELECT
    *,
    if(kind = 'snapshot', 'deltas', kind) AS stream,
    max(transaction_ms) OVER (
      PARTITION BY kind ORDER BY file, line ROWS UNBOUNDED PRECEDING
    ) AS event_ms
  FROM message
  WHERE kind IN ('quote', 'deltas') OR kind = 'trade' AND trade_type = 'MARKET'
    OR kind = 'snapshot' AND (file, line) IN (SELECT (file, line) FROM snapshot)
),
known AS (
  SELECT timed.*
  FROM timed, snapshot
  WHERE timed.kind = 'snapshot'
    OR (timed.update_id IS NULL AND event_ms >= snapshot.transaction_ms)
    OR timed.update_id > snapshot.update_id
)
SELECT
  * EXCLUDE (stream),
  CAST(
    row_number() OVER (
      ORDER BY
        kind <> 'snapshot',
        event_ms,
        kind <> 'trade',
        update_id,
        kind = 'quote',
        file,
        line
    ) - 1 AS INTEGER
  ) AS ordinal
FROM known;
