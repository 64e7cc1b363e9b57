/**
 * Contracts of what a host offers.
 */
@NullMarked
package org.cupule.tck.host;

import org.jspecify.annotations.NullMarked;
