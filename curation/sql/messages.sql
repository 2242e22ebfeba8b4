-- Times in ms between 2001 and 2096, and ids that a double holds: NULL for anything else.
CREATE MACRO milliseconds(text) AS
  CASE WHEN TRY_CAST(text AS BIGINT) BETWEEN 1000000000000 AND 3999999999999 THEN TRY_CAST(text AS BIGINT) END;

CREATE MACRO id(text) AS
  CASE WHEN TRY_CAST(text AS BIGINT) BETWEEN 0 AND 9007199254740991 THEN TRY_CAST(text AS BIGINT) END;

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
  milliseconds(coalesce(field[3], field[19])) AS transaction_ms,
  milliseconds(coalesce(field[4], field[20])) AS sent_ms,
  id(coalesce(field[5], field[17])) AS update_id,
  id(field[6]) AS first_update_id,
  id(field[7]) AS previous_update_id,
  -- Of a quote: price and size; of a depth message: the levels in JSON.
  coalesce(field[8], field[21]) AS bid,
  field[9] AS bid_size,
  coalesce(field[10], field[22]) AS ask,
  field[11] AS ask_size,
  id(field[12]) AS trade_id,
  field[13] AS price,
  field[14] AS size,
  field[15] AS buyer_is_maker,
  coalesce(field[16], 'MARKET') AS trade_type
FROM said;
