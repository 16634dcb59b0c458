<?php

header('Content-Type: text/plain');
echo require __DIR__ . '/../src/version.php', "\n";
