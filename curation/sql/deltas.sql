-- Changes of price levels, the snapshot's levels first; side +1 bid, -1 ask, lots 0 removes the level.
SELECT
  ordinal,
  event_ms,
  (received_ns - getvariable('offset_ns')) // 1000 - transaction_ms * 1000 AS delay_us,
  update_id,
  side,
  ticks,
  lots
FROM event JOIN level USING (file, line)
ORDER BY ordinal, side DESC, position
