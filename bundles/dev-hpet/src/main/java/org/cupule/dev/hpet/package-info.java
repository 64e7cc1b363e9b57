/**
 * The high precision event timer of a PC. Source: IA-PC HPET Specification 1.0a.
 */
@NullMarked
package org.cupule.dev.hpet;

import org.jspecify.annotations.NullMarked;
