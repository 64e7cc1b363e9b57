/**
 * The debug-exit port: a guest ends its run with a status.
 */
@NullMarked
package org.cupule.dev.debugexit;

import org.jspecify.annotations.NullMarked;
