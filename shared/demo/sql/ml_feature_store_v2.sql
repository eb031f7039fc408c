-- What the model sees of each player and game.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_predictions.ml_feature_store_v2` (
  game_date, game_id, player_id, recent_points, factor, usage_rate, is_home, updated_at
)
SELECT
  factors.game_date,
  factors.game_id,
  factors.player_id,
  factors.recent_points,
  factors.opponent_factor * factors.shot_factor AS factor,
  COALESCE(cache.usage_rate, 0) AS usage_rate,
  factors.is_home,
  CURRENT_TIMESTAMP() AS updated_at
FROM `nba_precompute.player_composite_factors` AS factors
LEFT JOIN `nba_precompute.player_daily_cache` AS cache
  ON factors.game_date = cache.cache_date AND factors.player_id = cache.player_id
WHERE factors.game_date >= @start AND factors.game_date < @stop
