-- What each team scored: from the team box scores, and where a game has none from its players'.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_analytics.team_offense_game_summary` (
  game_date, game_id, team_id, points, fg_attempts, threes, processed_at
)
SELECT
  game_date,
  game_id,
  team_id,
  points,
  fg_attempts,
  threes,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_raw.nbac_team_boxscore`
WHERE game_date >= @start AND game_date < @stop
UNION ALL
SELECT
  game_date,
  game_id,
  team_id,
  SUM(points) AS points,
  SUM(fg_attempts) AS fg_attempts,
  SUM(threes) AS threes,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_raw.nbac_gamebook_player_stats`
WHERE
  game_date >= @start AND game_date < @stop
  AND game_id NOT IN (
    SELECT known.game_id FROM `nba_raw.nbac_team_boxscore` AS known
    WHERE known.game_date >= @start AND known.game_date < @stop
  )
GROUP BY game_date, game_id, team_id
