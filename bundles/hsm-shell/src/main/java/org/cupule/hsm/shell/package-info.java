/**
 * The people's door: Gogo commands of scope {@code hsm}, and the command {@code cupule shell}.
 */
@NullMarked
package org.cupule.hsm.shell;

import org.jspecify.annotations.NullMarked;
