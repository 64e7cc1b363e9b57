/**
 * Second-level translation as an immutable sorted map of intervals behind one volatile reference: a second, different
 * implementation of the same contract.
 */
@NullMarked
package org.cupule.hw.ept.interval;

import org.jspecify.annotations.NullMarked;
