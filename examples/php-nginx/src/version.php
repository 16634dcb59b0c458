<?php

return 'version one';
