-- Breaks of the venue's own numbering over the whole stream, and where each was met first. Every depth message names the one
-- before it (pu = its u); trade ids are consecutive; update ids of quotes rise.
WITH numbered AS (
  SELECT
    kind,
    file,
    line,
    CASE kind
      WHEN 'deltas' THEN previous_update_id <> lag(update_id) OVER following
      WHEN 'trade' THEN trade_id <> lag(trade_id) OVER following + 1
      ELSE update_id <= lag(update_id) OVER following
    END AS broken
  FROM message
  WHERE kind IN ('deltas', 'trade', 'quote')
  WINDOW following AS (PARTITION BY kind ORDER BY file, line)
)
SELECT
  kind,
  CAST(count(*) FILTER (broken) AS INTEGER) AS breaks,
  min_by(file, (file, line)) FILTER (broken) AS file,
  min_by(line, (file, line)) FILTER (broken) AS line
FROM numbered
GROUP BY kind
ORDER BY kind;
