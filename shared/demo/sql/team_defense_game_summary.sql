-- What each team allowed: what its opponent scored in the same game, from the same sources as the offense.
--   @start, @stop DATE: the dates [start, stop)

INSERT INTO `nba_analytics.team_defense_game_summary` (
  game_date, game_id, team_id, points_allowed, threes_allowed, processed_at
)
WITH scored AS (
  SELECT
    game_date,
    game_id,
    team_id,
    points,
    threes
  FROM `nba_raw.nbac_team_boxscore`
  WHERE game_date >= @start AND game_date < @stop
  UNION ALL
  SELECT
    game_date,
    game_id,
    team_id,
    SUM(points) AS points,
    SUM(threes) AS threes
  FROM `nba_raw.nbac_gamebook_player_stats`
  WHERE
    game_date >= @start AND game_date < @stop
    AND game_id NOT IN (
      SELECT known.game_id FROM `nba_raw.nbac_team_boxscore` AS known
      WHERE known.game_date >= @start AND known.game_date < @stop
    )
  GROUP BY game_date, game_id, team_id
)

SELECT
  own.game_date,
  own.game_id,
  own.team_id,
  other.points AS points_allowed,
  other.threes AS threes_allowed,
  CURRENT_TIMESTAMP() AS processed_at
FROM scored AS own
INNER JOIN scored AS other ON own.game_id = other.game_id AND own.team_id != other.team_id
