package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.service.metatype.AttributeDefinition;

class SettingTest {
    /** A description; it refuses the word {@code bad}. */
    private record Described(int type, int cardinality, String[] values, String[] defaults)
            implements
                AttributeDefinition {
        @Override
        public String getName() {
            return "Interval";
        }

        @Override
        public String getID() {
            return "interval";
        }

        @Override
        public String getDescription() {
            return "";
        }

        @Override
        public int getCardinality() {
            return cardinality;
        }

        @Override
        public int getType() {
            return type;
        }

        @Override
        public String[] getOptionValues() {
            return values;
        }

        @Override
        public String[] getOptionLabels() {
            return values;
        }

        @Override
        public String validate(String value) {
            return value.equals("bad") ? "it is bad" : "";
        }

        @Override
        public String[] getDefaultValue() {
            return defaults;
        }
    }

    private static Setting setting(int type, int cardinality, String... defaults) {
        return new Setting(new Described(type, cardinality, new String[0], defaults), true);
    }

    @ParameterizedTest
    @CsvSource({"1,text", "2,12", "3,12", "4,12", "5,c", "6,12", "7,1.5", "8,1.5", "11,true"})
    void aTextBecomesAValueOfItsKindAndReadsAsBefore(int type, String text) {
        Setting setting = setting(type, 0);
        assertThat(setting.text(setting.parsed(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"2,1e3,whole number", "3,soon,whole number", "4,99999,whole number", "6,300,whole number",
            "5,ab,one character", "7,x,number", "11,yes,true or false"})
    void aTextOfAnotherKindIsRefusedInASentence(int type, String text, String why) {
        assertThatThrownBy(() -> setting(type, 0).parsed(text)).isInstanceOf(HsmException.class)
                .hasMessageContaining("'%s' is not possible for interval".formatted(text)).hasMessageContaining(why);
    }

    @Test
    void whatTheDescriptionRefusesIsRefusedInItsWords() {
        assertThatThrownBy(() -> setting(AttributeDefinition.STRING, 0).parsed("bad"))
                .hasMessageContaining("it is bad");
    }

    @Test
    void severalValuesAreAnArrayOfOneType() {
        Setting setting = setting(AttributeDefinition.INTEGER, 3, "1");
        assertThat(setting.parsed("1,2,3")).isEqualTo(new Integer[]{1, 2, 3});
        assertThat(setting.text(new Integer[]{4, 5})).isEqualTo("4,5");
        assertThatThrownBy(() -> setting.parsed("1,2,3,4")).hasMessageContaining("at most 3 values");
    }

    @Test
    void whatNobodySetIsTheDefault() {
        assertThat(setting(AttributeDefinition.STRING, 2, "a", "b").text(null)).isEqualTo("a,b");
    }

    @Test
    void aSecretIsNotShown() {
        Setting secret = setting(AttributeDefinition.PASSWORD, 0, "open");
        assertThat(secret.text("sesame")).isEqualTo("***");
        assertThat(secret.defaultText()).isEqualTo("***");
    }

    @Test
    void choicesArePossibleValues() {
        assertThat(setting(AttributeDefinition.BOOLEAN, 0).possible()).isEqualTo("true|false");
        assertThat(new Setting(new Described(1, 0, new String[]{"x86", "acrn"}, new String[0]), false).possible())
                .isEqualTo("x86|acrn");
        assertThat(setting(AttributeDefinition.LONG, 2).possible()).isEqualTo("whole number, ...");
    }
}
