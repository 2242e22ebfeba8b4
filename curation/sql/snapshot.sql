-- Where the book comes from, what precedes it, and whether the first depth message kept carries it on: it has to begin no
-- later than one update after the snapshot.
SELECT
  snapshot.file,
  snapshot.line,
  CAST(snapshot.transaction_ms AS DOUBLE) AS "eventMs",
  CAST(snapshot.update_id AS DOUBLE) AS "updateId",
  CAST(first.first_update_id AS DOUBLE) AS "firstUpdateId",
  CAST(first.update_id AS DOUBLE) AS "lastUpdateId",
  coalesce(first.first_update_id <= snapshot.update_id + 1, false) AS aligned,
  (SELECT CAST(count(*) AS INTEGER) FROM message WHERE kind = 'deltas') - kept.deltas AS "deltasBefore",
  (SELECT CAST(count(*) AS INTEGER) FROM message WHERE kind = 'quote') - kept.quotes AS "quotesBefore",
  (SELECT CAST(count(*) AS INTEGER) FROM message WHERE kind = 'trade' AND trade_type = 'MARKET') - kept.trades
    AS "tradesBefore",
  (SELECT CAST(count(*) AS INTEGER) FROM message WHERE kind = 'trade' AND trade_type <> 'MARKET') AS "tradesOffBook"
FROM snapshot
LEFT JOIN (
  SELECT first_update_id, update_id FROM event WHERE kind = 'deltas' ORDER BY ordinal LIMIT 1
) AS first ON true
CROSS JOIN (
  SELECT
    CAST(count(*) FILTER (kind = 'deltas') AS INTEGER) AS deltas,
    CAST(count(*) FILTER (kind = 'quote') AS INTEGER) AS quotes,
    CAST(count(*) FILTER (kind = 'trade') AS INTEGER) AS trades
  FROM event
) AS kept;
