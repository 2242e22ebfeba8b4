-- The first message that cannot be read for what it is: what is wrong with it, and where.
WITH wrong AS (
  SELECT file, line, 'corrupt' AS what, '' AS field, 'it is not JSON' AS said FROM message WHERE kind = 'corrupt'
  UNION ALL
  SELECT file, line, 'format', '', 'it has a message of ' || symbol
  FROM message WHERE kind <> 'other' AND symbol <> getvariable('symbol')
  UNION ALL
  SELECT
    file,
    line,
    'format',
    '',
    'its messages lack the update ids or transaction times that futures streams have'
  FROM message
  WHERE (kind IN ('quote', 'trade') AND transaction_ms IS NULL)
    OR (kind = 'deltas' AND (previous_update_id IS NULL OR transaction_ms IS NULL))
  UNION ALL
  SELECT file, line, 'corrupt', '', 'a ' || kind || ' without the fields it must have'
  FROM message
  WHERE symbol IS NULL AND kind NOT IN ('other', 'corrupt')
    OR sent_ms IS NULL AND kind NOT IN ('other', 'corrupt')
    OR update_id IS NULL AND kind IN ('quote', 'deltas', 'snapshot')
    OR first_update_id IS NULL AND kind = 'deltas'
    OR transaction_ms IS NULL AND kind = 'snapshot'
    OR (trade_id IS NULL OR coalesce(buyer_is_maker, '') NOT IN ('true', 'false')) AND kind = 'trade'
    OR (levels(bid) IS NULL OR levels(ask) IS NULL)
      AND kind IN ('deltas', 'snapshot')
  UNION ALL
  SELECT file, line, 'number', 'price', price FROM message
  WHERE kind = 'trade' AND trade_type = 'MARKET' AND ticks(price) IS NULL
  UNION ALL
  SELECT file, line, 'number', 'size', size FROM message
  WHERE kind = 'trade' AND trade_type = 'MARKET' AND coalesce(lots(size), 0) = 0
  UNION ALL
  SELECT file, line, 'number', 'bid price', bid FROM message WHERE kind = 'quote' AND ticks(bid) IS NULL
  UNION ALL
  SELECT file, line, 'number', 'bid size', bid_size FROM message WHERE kind = 'quote' AND lots(bid_size) IS NULL
  UNION ALL
  SELECT file, line, 'number', 'ask price', ask FROM message WHERE kind = 'quote' AND ticks(ask) IS NULL
  UNION ALL
  SELECT file, line, 'number', 'ask size', ask_size FROM message WHERE kind = 'quote' AND lots(ask_size) IS NULL
  UNION ALL
  SELECT
    file,
    line,
    'number',
    if(side > 0, 'bid', 'ask') || if(ticks IS NULL, ' price', ' size') || ' of level ' || position,
    json_extract_string(if(side > 0, bid, ask), '$[' || (position - 1) || '][' || if(ticks IS NULL, 0, 1) || ']')
  FROM level JOIN message USING (file, line)
  WHERE ticks IS NULL OR lots IS NULL
)
SELECT file, line, what, field, coalesce(said, 'missing') AS said FROM wrong ORDER BY file, line, what, field LIMIT 1;
