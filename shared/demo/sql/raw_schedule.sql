-- Every game of the real calendar: one row per game, teams in rotation.
--   @days STRING: a JSON array of {game_date, season_year, game_type, games, number}
-- Which teams meet is made up; dates, types and counts are real.

INSERT INTO `nba_raw.nbac_schedule` (
  game_date, game_id, season_year, game_type, game_status, home_team, away_team, processed_at
)
WITH days AS (
  SELECT
    CAST(JSON_VALUE(line, '$.game_date') AS DATE) AS game_date,
    CAST(JSON_VALUE(line, '$.season_year') AS INT64) AS season_year,
    JSON_VALUE(line, '$.game_type') AS game_type,
    CAST(JSON_VALUE(line, '$.games') AS INT64) AS games,
    CAST(JSON_VALUE(line, '$.number') AS INT64) AS number
  FROM UNNEST(JSON_QUERY_ARRAY(@days)) AS line
)

SELECT
  game_date,
  CONCAT(CAST(season_year AS STRING), '-', CAST(number * 100 + game AS STRING)) AS game_id,
  season_year,
  game_type,
  3 AS game_status,
  MOD(number * 7 + 2 * game, 30) AS home_team,
  MOD(number * 7 + 2 * game + 1, 30) AS away_team,
  TIMESTAMP_ADD(TIMESTAMP(game_date), INTERVAL 30 HOUR) AS processed_at
FROM days
CROSS JOIN UNNEST(GENERATE_ARRAY(1, games)) AS game
