-- The unpacked lines of one capture, in order. unpack.ts has made sure that each is '<receive time, ns> {...}'.
INSERT INTO line
SELECT
  $file,
  row_number() OVER () AS line,
  CAST(split_part(text, ' ', 1) AS BIGINT) AS received_ns,
  substr(text, strpos(text, ' ') + 1) AS json
FROM read_csv(
  $path,
  columns = {'text': 'VARCHAR'},
  auto_detect = false,
  header = false,
  delim = chr(1),
  quote = '',
  escape = '',
  new_line = '\n',
  max_line_size = 67108864
);
