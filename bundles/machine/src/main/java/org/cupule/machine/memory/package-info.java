/**
 * Where a machine's RAM lies, and how guests are told.
 */
@NullMarked
package org.cupule.machine.memory;

import org.jspecify.annotations.NullMarked;
