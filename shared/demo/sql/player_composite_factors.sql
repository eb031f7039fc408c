-- How much a player's game favours him: his form, his opponent's defense, his shooting, the place.
-- The zone tables start later in a season than this one; until then their factor is 1.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_precompute.player_composite_factors` (
  game_date, game_id, player_id, recent_points, opponent_factor, shot_factor, is_home, processed_at
)
SELECT
  player.game_date,
  player.game_id,
  player.player_id,
  player.recent_points,
  COALESCE(defense.points_allowed / 170, 1) AS opponent_factor,
  COALESCE(1 + shots.threes / 100, 1) AS shot_factor,
  team.is_home,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_analytics.upcoming_player_game_context` AS player
INNER JOIN `nba_analytics.upcoming_team_game_context` AS team
  ON
    player.game_id = team.game_id AND player.team_id = team.team_id
    AND team.game_date >= @start AND team.game_date < @stop
LEFT JOIN `nba_precompute.team_defense_zone_analysis` AS defense
  ON player.game_date = defense.analysis_date AND player.opponent_id = defense.team_id
LEFT JOIN `nba_precompute.player_shot_zone_analysis` AS shots
  ON player.game_date = shots.analysis_date AND player.player_id = shots.player_id
WHERE player.game_date >= @start AND player.game_date < @stop
