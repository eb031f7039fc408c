-- The tables of the NBA pipeline, at small scale. Created empty; what is there already stays.

CREATE TABLE IF NOT EXISTS `nba_raw.nbac_schedule` (
  game_date DATE, game_id STRING, season_year INT64, game_type STRING, game_status INT64, home_team INT64,
  away_team INT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_raw.nbac_gamebook_player_stats` (
  game_date DATE, game_id STRING, team_id INT64, player_id INT64, minutes FLOAT64, points INT64, fg_attempts INT64,
  threes INT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_raw.bdl_player_boxscores` (
  game_date DATE, game_id STRING, team_id INT64, player_id INT64, minutes FLOAT64, points INT64, fg_attempts INT64,
  threes INT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_raw.nbac_team_boxscore` (
  game_date DATE, game_id STRING, team_id INT64, points INT64, fg_attempts INT64, threes INT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_analytics.team_offense_game_summary` (
  game_date DATE, game_id STRING, team_id INT64, points INT64, fg_attempts INT64, threes INT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_analytics.team_defense_game_summary` (
  game_date DATE, game_id STRING, team_id INT64, points_allowed INT64, threes_allowed INT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_analytics.player_game_summary` (
  game_date DATE, game_id STRING, team_id INT64, player_id INT64, minutes FLOAT64, points INT64, threes INT64,
  usage_rate FLOAT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_analytics.upcoming_player_game_context` (
  game_date DATE, game_id STRING, team_id INT64, opponent_id INT64, player_id INT64, recent_points FLOAT64,
  processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_analytics.upcoming_team_game_context` (
  game_date DATE, game_id STRING, team_id INT64, opponent_id INT64, is_home BOOL, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_precompute.team_defense_zone_analysis` (
  analysis_date DATE, team_id INT64, games INT64, points_allowed FLOAT64, threes_allowed FLOAT64, processed_at TIMESTAMP
) PARTITION BY analysis_date;

CREATE TABLE IF NOT EXISTS `nba_precompute.player_shot_zone_analysis` (
  analysis_date DATE, player_id INT64, games INT64, threes FLOAT64, points FLOAT64, processed_at TIMESTAMP
) PARTITION BY analysis_date;

CREATE TABLE IF NOT EXISTS `nba_precompute.player_daily_cache` (
  cache_date DATE, player_id INT64, points INT64, usage_rate FLOAT64, team_points INT64, processed_at TIMESTAMP
) PARTITION BY cache_date;

CREATE TABLE IF NOT EXISTS `nba_precompute.player_composite_factors` (
  game_date DATE, game_id STRING, player_id INT64, recent_points FLOAT64, opponent_factor FLOAT64, shot_factor FLOAT64,
  is_home BOOL, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_predictions.ml_feature_store_v2` (
  game_date DATE, game_id STRING, player_id INT64, recent_points FLOAT64, factor FLOAT64, usage_rate FLOAT64,
  is_home BOOL, updated_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_predictions.player_prop_predictions` (
  game_date DATE, game_id STRING, player_id INT64, predicted_points FLOAT64, processed_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_predictions.prediction_accuracy` (
  game_date DATE, game_id STRING, player_id INT64, predicted_points FLOAT64, actual_points INT64, error FLOAT64,
  graded_at TIMESTAMP
) PARTITION BY game_date;

CREATE TABLE IF NOT EXISTS `nba_exports.published_predictions` (
  game_date DATE, game_id STRING, player_id INT64, predicted_points FLOAT64, published_at TIMESTAMP
) PARTITION BY game_date
