/* What automatic reference counting lets a header say, for a check of syntax alone. */
#pragma once
#include <stdbool.h>
typedef bool BOOL;
#define YES true
#define NO false
#define nil ((id)0)
