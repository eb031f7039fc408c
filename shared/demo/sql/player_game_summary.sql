-- Each player's game with his share of the team's attempts: from the gamebook, and where a game has none from bdl.
-- The team's totals have to be there first; without them the usage rate would divide by nothing.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_analytics.player_game_summary` (
  game_date, game_id, team_id, player_id, minutes, points, threes, usage_rate, processed_at
)
WITH played AS (
  SELECT
    game_date,
    game_id,
    team_id,
    player_id,
    minutes,
    points,
    threes,
    fg_attempts
  FROM `nba_raw.nbac_gamebook_player_stats`
  WHERE game_date >= @start AND game_date < @stop
  UNION ALL
  SELECT
    game_date,
    game_id,
    team_id,
    player_id,
    minutes,
    points,
    threes,
    fg_attempts
  FROM `nba_raw.bdl_player_boxscores`
  WHERE
    game_date >= @start AND game_date < @stop
    AND game_id NOT IN (
      SELECT known.game_id FROM `nba_raw.nbac_gamebook_player_stats` AS known
      WHERE known.game_date >= @start AND known.game_date < @stop
    )
)

SELECT
  played.game_date,
  played.game_id,
  played.team_id,
  played.player_id,
  played.minutes,
  played.points,
  played.threes,
  played.fg_attempts / team.fg_attempts AS usage_rate,
  CURRENT_TIMESTAMP() AS processed_at
FROM played
INNER JOIN `nba_analytics.team_offense_game_summary` AS team
  ON
    played.game_id = team.game_id AND played.team_id = team.team_id
    AND team.game_date >= @start AND team.game_date < @stop
