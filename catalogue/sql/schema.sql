-- The product schema that products.sql reads. Nothing in it forbids doubles or empty texts: real ones have both.
CREATE TABLE "Product" (
    "ProductId" integer PRIMARY KEY,
    "Title" text
);
CREATE TABLE "Image" (
    "ImageId" integer PRIMARY KEY,
    "Url" text
);
CREATE TABLE "ProductImages" (
    "ProductId" integer NOT NULL REFERENCES "Product",
    "ImageId" integer NOT NULL REFERENCES "Image",
    "ImageIndex" integer NOT NULL
);
CREATE TABLE "ProductDescription" (
    "ProductId" integer NOT NULL REFERENCES "Product",
    "CountryCode" text NOT NULL,
    "OriginalText" text,
    "TranslatedText" text
);
