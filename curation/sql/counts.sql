-- Messages of each kind in each capture.
SELECT
  file,
  CAST(count(*) FILTER (kind = 'deltas') AS INTEGER) AS deltas,
  CAST(count(*) FILTER (kind = 'quote') AS INTEGER) AS quotes,
  CAST(count(*) FILTER (kind = 'trade') AS INTEGER) AS trades,
  CAST(count(*) FILTER (kind = 'snapshot') AS INTEGER) AS snapshots,
  CAST(count(*) FILTER (kind = 'other') AS INTEGER) AS others,
  CAST(count(*) FILTER (kind = 'corrupt') AS INTEGER) AS "parseErrors"
FROM message
GROUP BY file
ORDER BY file;
