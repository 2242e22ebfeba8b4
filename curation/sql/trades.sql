-- Trades; side is the taker's: +1 bought, -1 sold.
SELECT
  ordinal,
  event_ms,
  (received_ns - getvariable('offset_ns')) // 1000 - transaction_ms * 1000 AS delay_us,
  trade_id,
  CAST(if(buyer_is_maker = 'true', -1, 1) AS TINYINT) AS side,
  ticks(price) AS ticks,
  lots(size) AS lots
FROM event
WHERE kind = 'trade'
ORDER BY ordinal
