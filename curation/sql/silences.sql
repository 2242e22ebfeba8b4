-- Time between neighbours of a stream, and its longest silence.
WITH gap AS (
  SELECT kind, event_ms, event_ms - lag(event_ms) OVER (PARTITION BY kind ORDER BY ordinal) AS ms
  FROM event
  WHERE kind <> 'snapshot'
)
SELECT
  kind,
  CAST(quantile_disc(ms, 0.5) AS DOUBLE) AS "medianMs",
  CAST(quantile_disc(ms, 0.99) AS DOUBLE) AS "p99Ms",
  CAST(coalesce(max(ms), 0) AS DOUBLE) AS "longestMs",
  CAST(max_by(event_ms - ms, ms) AS DOUBLE) AS "longestFromMs"
FROM gap
GROUP BY kind
ORDER BY kind;
