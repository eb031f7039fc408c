-- How far each prediction was off.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_predictions.prediction_accuracy` (
  game_date, game_id, player_id, predicted_points, actual_points, error, graded_at
)
SELECT
  prediction.game_date,
  prediction.game_id,
  prediction.player_id,
  prediction.predicted_points,
  played.points AS actual_points,
  ABS(prediction.predicted_points - played.points) AS error,
  CURRENT_TIMESTAMP() AS graded_at
FROM `nba_predictions.player_prop_predictions` AS prediction
INNER JOIN `nba_analytics.player_game_summary` AS played
  ON
    prediction.game_id = played.game_id AND prediction.player_id = played.player_id
    AND played.game_date >= @start AND played.game_date < @stop
WHERE prediction.game_date >= @start AND prediction.game_date < @stop
