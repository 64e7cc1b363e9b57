package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScriptTest {
    @Test
    void endsStatementsAtLinesAndSemicolons() {
        assertThat(Script.statements("vms; models\n\n targets ;;")).containsExactly("vms", "models", "targets");
    }

    @Test
    void keepsSemicolonsInQuotesAndBrackets() {
        assertThat(Script.statements("type vm 'a;b'; each [1 2] { echo $it; echo \"};\" }"))
                .containsExactly("type vm 'a;b'", "each [1 2] { echo $it; echo \"};\" }");
    }

    @Test
    void leavesOutCommentsAndJoinsContinuedLines() {
        assertThat(Script.statements("# first\nvm \\\n 1 # kept by Gogo\n  # last")).containsExactly(
                "vm   1 # kept by Gogo");
    }

    @Test
    void keepsEscapedQuotes() {
        assertThat(Script.statements("type vm \"a\\\";b\"")).containsExactly("type vm \"a\\\";b\"");
    }

    @Test
    void takesAnUnfinishedQuoteAsItStands() {
        assertThat(Script.statements("type vm 'a;b")).containsExactly("type vm 'a;b");
    }
}
