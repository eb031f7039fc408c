-- Box scores: eleven players of the home team and ten of the visitors in each game.
-- Their figures are plain arithmetic on who they are and which day it is.

INSERT INTO `nba_raw.nbac_gamebook_player_stats` (
  game_date, game_id, team_id, player_id, minutes, points, fg_attempts, threes, processed_at
)
SELECT
  game_date,
  game_id,
  team_id,
  team_id * 20 + slot AS player_id,
  12.0 + MOD(slot * 7 + home_team, 25) AS minutes,
  MOD(slot * 11 + home_team * 3 + EXTRACT(DAYOFYEAR FROM game_date), 34) AS points,
  4 + MOD(slot * 5 + away_team + EXTRACT(DAY FROM game_date), 17) AS fg_attempts,
  MOD(slot + away_team, 6) AS threes,
  TIMESTAMP_ADD(TIMESTAMP(game_date), INTERVAL 31 HOUR) AS processed_at
FROM `nba_raw.nbac_schedule`
CROSS JOIN UNNEST([home_team, away_team]) AS team_id
CROSS JOIN UNNEST(GENERATE_ARRAY(1, 11)) AS slot
WHERE game_type != 'all_star' AND NOT (team_id = away_team AND slot = 11)
