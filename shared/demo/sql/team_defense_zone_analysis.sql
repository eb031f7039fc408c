-- What each team allowed on average in the 33 days up to a game day.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_precompute.team_defense_zone_analysis` (
  analysis_date, team_id, games, points_allowed, threes_allowed, processed_at
)
WITH days AS (
  SELECT DISTINCT game_date
  FROM `nba_raw.nbac_schedule`
  WHERE game_date >= @start AND game_date < @stop AND game_type != 'all_star'
)

SELECT
  days.game_date AS analysis_date,
  team.team_id,
  COUNT(*) AS games,
  AVG(team.points_allowed) AS points_allowed,
  AVG(team.threes_allowed) AS threes_allowed,
  CURRENT_TIMESTAMP() AS processed_at
FROM days
INNER JOIN `nba_analytics.team_defense_game_summary` AS team
  ON team.game_date > DATE_SUB(days.game_date, INTERVAL 33 DAY) AND days.game_date >= team.game_date
WHERE team.game_date > DATE_SUB(@start, INTERVAL 33 DAY) AND team.game_date < @stop
GROUP BY days.game_date, team.team_id
