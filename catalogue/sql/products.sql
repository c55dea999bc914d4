-- For every product one row: id, title, the URL of its first image, its description for the United States.
-- Products without image or description stay; doubles do not multiply; '' and blanks are not a text;
-- of several candidates the smallest text wins, so that the answer is the same every time.
-- The words in braces are looked up in names.toml.
SELECT
    product.{product_id} AS id,
    product.{product_title} AS title,
    description.text AS description,
    image.url AS image_url
FROM {product} AS product
LEFT JOIN LATERAL (
    SELECT picture.{image_url} AS url
    FROM {product_images} AS place
    JOIN {image} AS picture ON picture.{image_id} = place.{product_images_image}
    WHERE place.{product_images_product} = product.{product_id}
      AND place.{image_index} = 0
      AND picture.{image_url} ~ '\S'
    ORDER BY picture.{image_url} COLLATE "C"
    LIMIT 1
) AS image ON true
LEFT JOIN LATERAL (
    SELECT candidate.text
    FROM (
        SELECT
            coalesce(said.{translated_text} ~ '\S', false) AS translated,
            CASE WHEN said.{translated_text} ~ '\S' THEN said.{translated_text} ELSE said.{original_text} END AS text
        FROM {product_description} AS said
        WHERE said.{description_product} = product.{product_id}
          AND said.{description_country} = 'us'
    ) AS candidate
    WHERE candidate.text ~ '\S'
    ORDER BY candidate.translated DESC, candidate.text COLLATE "C"
    LIMIT 1
) AS description ON true
ORDER BY product.{product_id}
