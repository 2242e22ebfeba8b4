-- How far arrival is from the order of events. raised: transaction times that ran back within their stream; overtaken: messages
-- that arrived after one of another stream that happened later; longestDelayMs: receipt after the transaction, by the
-- corrected clock.
SELECT
  CAST(count(*) AS INTEGER) AS events,
  CAST(count(*) FILTER (event_ms > transaction_ms) AS INTEGER) AS raised,
  CAST(max(event_ms - transaction_ms) AS DOUBLE) AS "raisedMostMs",
  CAST(count(*) FILTER (event_ms < latest_ms) AS INTEGER) AS overtaken,
  CAST(coalesce(greatest(max(latest_ms - event_ms), 0), 0) AS DOUBLE) AS "overtakenMostMs",
  CAST(count(*) FILTER (received_ns < received_before) AS INTEGER) AS "receivedBackwards",
  CAST(max((received_ns - getvariable('offset_ns')) // 1000000 - transaction_ms) AS DOUBLE) AS "longestDelayMs"
FROM (
  SELECT
    event_ms,
    transaction_ms,
    received_ns,
    max(event_ms) OVER (ORDER BY file, line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_ms,
    lag(received_ns) OVER (ORDER BY file, line) AS received_before
  FROM event
  WHERE kind <> 'snapshot'
);
