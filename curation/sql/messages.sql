-- One row a message, still in the exchange's words. A line that is no JSON keeps NULL in every field.
CREATE TABLE message AS
WITH said AS (
  SELECT
    file,
    line,
    received_ns,
    CASE
      WHEN json_valid(json) THEN json_extract_string(
        json,
        [
          '$.data.e', '$.data.s', '$.data.T', '$.data.E', '$.data.u', '$.data.U', '$.data.pu', '$.data.b', '$.data.B',
          '$.data.a', '$.data.A', '$.data.t', '$.data.p', '$.data.q', '$.data.m', '$.data.X',
          '$.lastUpdateId', '$.symbol', '$.T', '$.E', '$.bids', '$.asks'
        ]
      )
    END AS field
  FROM line
)
SELECT
  file,
  line,
  received_ns,
  CASE
    WHEN field IS NULL THEN 'corrupt'
    WHEN field[1] = 'depthUpdate' THEN 'deltas'
    WHEN field[1] = 'bookTicker' THEN 'quote'
    WHEN field[1] = 'trade' THEN 'trade'
    WHEN field[17] IS NOT NULL THEN 'snapshot'
    ELSE 'other'
  END AS kind,
  coalesce(field[2], field[18]) AS symbol,
  TRY_CAST(coalesce(field[3], field[19]) AS BIGINT) AS transaction_ms,
  TRY_CAST(coalesce(field[4], field[20]) AS BIGINT) AS sent_ms,
  TRY_CAST(coalesce(field[5], field[17]) AS BIGINT) AS update_id,
  TRY_CAST(field[6] AS BIGINT) AS first_update_id,
  TRY_CAST(field[7] AS BIGINT) AS previous_update_id,
  -- Of a quote: price and size; of a depth message: the levels in JSON.
  coalesce(field[8], field[21]) AS bid,
  field[9] AS bid_size,
  coalesce(field[10], field[22]) AS ask,
  field[11] AS ask_size,
  TRY_CAST(field[12] AS BIGINT) AS trade_id,
  field[13] AS price,
  field[14] AS size,
  field[15] AS buyer_is_maker,
  coalesce(field[16], 'MARKET') AS trade_type
FROM said;
