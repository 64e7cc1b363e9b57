package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void makesEachColumnAsWideAsItsWidestCell() {
        assertThat(new Table("A", "LONG").row("wide", 1).row("", "x")).hasToString("""
                A     LONG
                wide  1
                      x""");
    }
}
