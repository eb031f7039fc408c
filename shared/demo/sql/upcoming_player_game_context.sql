-- Who may play, and how he did in the 30 days up to the game.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_analytics.upcoming_player_game_context` (
  game_date, game_id, team_id, opponent_id, player_id, recent_points, processed_at
)
SELECT
  game.game_date,
  game.game_id,
  form.team_id,
  IF(form.team_id = game.home_team, game.away_team, game.home_team) AS opponent_id,
  form.player_id,
  AVG(form.points) AS recent_points,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_raw.nbac_schedule` AS game
INNER JOIN `nba_analytics.player_game_summary` AS form
  ON
    form.team_id IN (game.home_team, game.away_team)
    AND form.game_date > DATE_SUB(game.game_date, INTERVAL 30 DAY)
    AND game.game_date >= form.game_date
WHERE
  game.game_date >= @start AND game.game_date < @stop AND game.game_type != 'all_star'
  AND form.game_date > DATE_SUB(@start, INTERVAL 30 DAY) AND form.game_date < @stop
GROUP BY game.game_date, game.game_id, game.home_team, game.away_team, form.team_id, form.player_id
