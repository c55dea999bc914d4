-- One product for each thing that goes wrong in joins.
INSERT INTO "Product" VALUES
    (1, 'Kettle'), (2, 'Toaster'), (3, 'No image'), (4, 'No description'), (5, 'Two first images'),
    (6, 'Two descriptions'), (7, 'Empty translation'), (8, 'Other country only'), (9, NULL), (10, 'Blank texts'),
    (11, 'Image row without address');
INSERT INTO "Image" VALUES
    (10, 'https://img.example/kettle.jpg'), (11, 'https://img.example/kettle-back.jpg'),
    (20, 'https://img.example/toaster.jpg'), (50, 'https://img.example/b.jpg'), (51, 'https://img.example/a.jpg'),
    (60, 'https://img.example/six.jpg'), (110, ''), (111, 'https://img.example/eleven.jpg');
INSERT INTO "ProductImages" VALUES
    (1, 11, 1), (1, 10, 0), (2, 20, 0), (5, 50, 0), (5, 51, 0), (6, 60, 0), (6, 60, 0), (7, 20, 1),
    (11, 110, 0), (11, 111, 0);
INSERT INTO "ProductDescription" VALUES
    (1, 'us', 'Original kettle text', 'Translated kettle text'), (1, 'de', 'Wasserkocher', 'Wasserkocher, übersetzt'),
    (2, 'us', 'Original toaster text', NULL), (3, 'us', 'Plain', 'Translated plain'), (5, 'us', 'Two images', ''),
    (6, 'us', 'B text', NULL), (6, 'us', 'A text', NULL), (6, 'us', 'Z original', 'Translated six'),
    (7, 'us', 'Original stays', ''), (8, 'de', 'Nur deutsch', NULL), (9, 'us', 'A text without a title', NULL),
    (10, 'us', '   ', ''), (11, 'us', 'Eleven', NULL);
