-- Team box scores: the sums of the players'.

INSERT INTO `nba_raw.nbac_team_boxscore` (
  game_date, game_id, team_id, points, fg_attempts, threes, processed_at
)
SELECT
  game_date,
  game_id,
  team_id,
  SUM(points) AS points,
  SUM(fg_attempts) AS fg_attempts,
  SUM(threes) AS threes,
  MAX(processed_at) AS processed_at
FROM `nba_raw.nbac_gamebook_player_stats`
GROUP BY game_date, game_id, team_id
