package org.cupule.machine.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.junit.jupiter.api.Test;

class StateTextTest {
    private static final ModelState OLD = ModelState.of("x", 1).put("a", 1).put("b", new byte[3]).build();
    private static final ModelState NEW = ModelState.of("x", 2).put("a", 1).put("c", "text").build();

    @Test
    void showsValuesAndTheSizeOfWhatIsLong() {
        assertThat(StateText.fields(OLD.fields())).isEqualTo("a=1 b=3 bytes");
    }

    @Test
    void tellsWhichFieldsCameAndWhichWent() {
        assertThat(StateText.difference(OLD, NEW)).isEqualTo("new fields c=text; fields no more there: b");
    }

    @Test
    void saysNothingOfEqualFields() {
        assertThat(StateText.difference(OLD, OLD)).isEmpty();
    }

    @Test
    void listsVersionsInOrder() {
        assertThat(StateText.versions(new StateSchema("x", Set.of(3, 1, 2), Set.of(2)))).isEqualTo(
                "reads 1, 2, 3, writes 2");
    }
}
