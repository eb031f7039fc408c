-- What the models look up per player and day.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_precompute.player_daily_cache` (
  cache_date, player_id, points, usage_rate, team_points, processed_at
)
SELECT
  player.game_date AS cache_date,
  player.player_id,
  player.points,
  player.usage_rate,
  team.points AS team_points,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_analytics.player_game_summary` AS player
INNER JOIN `nba_analytics.team_offense_game_summary` AS team
  ON
    player.game_id = team.game_id AND player.team_id = team.team_id
    AND team.game_date >= @start AND team.game_date < @stop
WHERE player.game_date >= @start AND player.game_date < @stop
