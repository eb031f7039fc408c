-- How each player shot on average in the 33 days up to a game day.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_precompute.player_shot_zone_analysis` (
  analysis_date, player_id, games, threes, points, processed_at
)
WITH days AS (
  SELECT DISTINCT game_date
  FROM `nba_raw.nbac_schedule`
  WHERE game_date >= @start AND game_date < @stop AND game_type != 'all_star'
)

SELECT
  days.game_date AS analysis_date,
  player.player_id,
  COUNT(*) AS games,
  AVG(player.threes) AS threes,
  AVG(player.points) AS points,
  CURRENT_TIMESTAMP() AS processed_at
FROM days
INNER JOIN `nba_analytics.player_game_summary` AS player
  ON player.game_date > DATE_SUB(days.game_date, INTERVAL 33 DAY) AND days.game_date >= player.game_date
WHERE player.game_date > DATE_SUB(@start, INTERVAL 33 DAY) AND player.game_date < @stop
GROUP BY days.game_date, player.player_id
