/**
 * The command {@code cupule run}.
 */
@NullMarked
package org.cupule.machine.command;

import org.jspecify.annotations.NullMarked;
