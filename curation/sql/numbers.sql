-- Decimal text to whole ticks and lots, exactly: NULL for anything else. The remainder decides in decimals; only then is the
-- quotient taken, which rounding cannot take to another whole number.
CREATE MACRO whole(text, step) AS
  CASE
    WHEN regexp_full_match(text, '[0-9]{1,9}([.][0-9]{1,8})?')
      AND TRY_CAST(text AS DECIMAL(18, 8)) % step = 0
    THEN TRY_CAST(round(TRY_CAST(text AS DECIMAL(18, 8)) / step) AS INTEGER)
  END;

CREATE MACRO ticks(text) AS nullif(whole(text, getvariable('tick')), 0);

CREATE MACRO lots(text) AS whole(text, getvariable('lot'));

-- The levels of one side as pairs of text; NULL for anything else.
CREATE MACRO levels(text) AS CASE WHEN json_valid(text) THEN from_json(text, '[["VARCHAR"]]') END;

-- Level changes of depth messages and snapshots, in the order of the message: bids, then asks.
CREATE TABLE level AS
WITH side_of AS (
  SELECT file, line, CAST(1 AS TINYINT) AS side, levels(bid) AS levels
  FROM message WHERE kind IN ('deltas', 'snapshot')
  UNION ALL
  SELECT file, line, CAST(-1 AS TINYINT), levels(ask)
  FROM message WHERE kind IN ('deltas', 'snapshot')
),
one AS (
  SELECT file, line, side, unnest(levels) AS pair, generate_subscripts(levels, 1) AS position FROM side_of
)
SELECT file, line, side, position, ticks(pair[1]) AS ticks, lots(pair[2]) AS lots FROM one;
