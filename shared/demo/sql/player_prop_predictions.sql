-- How many points each player is expected to score.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_predictions.player_prop_predictions` (
  game_date, game_id, player_id, predicted_points, processed_at
)
SELECT
  game_date,
  game_id,
  player_id,
  recent_points * factor * (1 + usage_rate / 10) + IF(is_home, 0.5, 0) AS predicted_points,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_predictions.ml_feature_store_v2`
WHERE game_date >= @start AND game_date < @stop
