-- Receipt by the recorder's clock minus sending (E) by the exchange's, ms. No message arrives before it is sent, so the least
-- difference bounds the recorder's offset from above: it is what the fastest message would show if it took no time at all.
WITH difference AS (
  SELECT file, kind, sent_ms // 60000 AS minute, received_ns - sent_ms * 1000000 AS ns
  FROM message
  WHERE kind IN ('deltas', 'quote', 'trade')
),
named AS (
  SELECT 'file ' || file AS what, ns FROM difference
  UNION ALL
  SELECT kind, ns FROM difference
  UNION ALL
  SELECT 'all', ns FROM difference
  UNION ALL
  SELECT 'fastest of each minute', min(ns) FROM difference GROUP BY minute
)
SELECT
  what,
  CAST(count(*) AS INTEGER) AS count,
  CAST(min(ns) AS BIGINT) AS least_ns,
  list_transform(
    quantile_disc(ns, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]),
    nanoseconds -> CAST(round(nanoseconds / 1e6, 3) AS DOUBLE)
  ) AS quantiles
FROM named
GROUP BY what
ORDER BY what;
