#include "metal.h"
