-- Who plays whom, from either side.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_analytics.upcoming_team_game_context` (
  game_date, game_id, team_id, opponent_id, is_home, processed_at
)
SELECT
  game_date,
  game_id,
  team_id,
  IF(team_id = home_team, away_team, home_team) AS opponent_id,
  team_id = home_team AS is_home,
  CURRENT_TIMESTAMP() AS processed_at
FROM `nba_raw.nbac_schedule`
CROSS JOIN UNNEST([home_team, away_team]) AS team_id
WHERE game_date >= @start AND game_date < @stop AND game_type != 'all_star'
