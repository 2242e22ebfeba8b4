-- Best bid and ask as the exchange published them. delay_us: receipt after the transaction, by the corrected clock.
SELECT
  ordinal,
  event_ms,
  (received_ns - getvariable('offset_ns')) // 1000 - transaction_ms * 1000 AS delay_us,
  update_id,
  ticks(bid) AS bid_ticks,
  lots(bid_size) AS bid_lots,
  ticks(ask) AS ask_ticks,
  lots(ask_size) AS ask_lots
FROM event
WHERE kind = 'quote'
ORDER BY ordinal
