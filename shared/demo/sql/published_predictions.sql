-- What was given to the public: the predictions as they stood.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_exports.published_predictions` (
  game_date, game_id, player_id, predicted_points, published_at
)
SELECT
  game_date,
  game_id,
  player_id,
  predicted_points,
  CURRENT_TIMESTAMP() AS published_at
FROM `nba_predictions.player_prop_predictions`
WHERE game_date >= @start AND game_date < @stop
