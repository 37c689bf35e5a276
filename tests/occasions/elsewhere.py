"""Findings whose occasions need more than a few lines: the tests where each is made, and where it is not.

By code: the file, the test that makes it and names it, and the test of the like that passes without.
"""

_INTEGERS = "quantization/test_quantizing.py"
_RECIPES = "quantization/test_recipe.py"
_BISECTION = "bisection/test_bisect.py"
_REPAIRS = "repairs/test_fixing.py"
_TWIN = "custom_operators/test_twin.py"
_WRITING = "custom_operators/test_writing.py"
_OPERATORS = "frontends/keras/test_custom_operators.py"
_TENSORFLOW = "frontends/tensorflow/test_original.py"
_RIGHT = "test_a_right_file_passes"
_WITHOUT = "test_a_model_without_custom_operators_is_its_own_twin"

ELSEWHERE = {
    "D207": (
        "custom_operators/test_reports.py",
        "test_targets_run_them_with_a_kernel_of_the_users",
        "test_models_of_builtin_operators_need_no_kernel",
    ),
    "F113": (
        "frontends/test_open.py",
        "test_weights_that_keras_leaves_out_without_an_error_are_missed",
        "test_layers_that_are_never_called_have_no_weights_to_miss",
    ),
    "F130": (
        _OPERATORS,
        "test_a_file_whose_function_is_not_declared_is_refused",
        "test_a_model_with_it_is_saved_and_loaded",
    ),
    "F131": (_WRITING, "test_what_is_no_custom_operator_is_refused", "test_loops_compute_what_the_function_does"),
    "F132": (
        _WRITING,
        "test_a_file_of_others_gets_a_kernel_without_tests",
        "test_loops_compute_what_the_function_does",
    ),
    "F133": (_WRITING, "test_types_that_no_kernel_takes_are_refused", "test_loops_compute_what_the_function_does"),
    "F134": (_WRITING, "test_uses_of_other_types_are_told", "test_uses_of_several_sizes_and_options_are_in_one_kernel"),
    "F135": (_WRITING, "test_a_function_needs_shapes", "test_loops_compute_what_the_function_does"),
    "G101": (_TENSORFLOW, "test_names_that_are_not_there", "test_another_signature_and_several"),
    "G102": (_TENSORFLOW, "test_names_that_are_not_there", "test_a_frozen_graph"),
    "L103": (
        "report/test_deviations.py",
        "test_outputs_of_fewer_bits",
        "test_a_model_that_is_as_it_was_written_has_no_findings",
    ),
    "L106": (
        "report/test_deviations.py",
        "test_layers_that_came_through_a_framework",
        "test_a_model_that_is_as_it_was_written_has_no_findings",
    ),
    "M101": (
        _REPAIRS,
        "test_a_class_that_reads_its_own_weights_is_not_repaired",
        "test_classes_that_only_call_layers_are_followed",
    ),
    "M102": (
        _REPAIRS,
        "test_what_changes_the_outputs_is_proposed_and_not_done",
        "test_what_changes_the_outputs_is_done_where_that_is_allowed_and_measured",
    ),
    "M103": (
        _REPAIRS,
        "test_a_repair_that_is_called_exact_and_is_not_is_left_out",
        "test_loops_are_written_out_for_a_target_without_loops",
    ),
    "M104": (_REPAIRS, "test_what_no_repair_helps_is_said", "test_a_model_that_runs_is_left_as_it_is"),
    "M105": (
        _REPAIRS,
        "test_a_function_that_fails_is_a_mistake",
        "test_a_function_of_the_users_trains_what_was_changed",
    ),
    "Q101": (
        _INTEGERS,
        "test_what_stays_real_is_said_by_layer",
        "test_a_model_becomes_integers_and_says_what_that_changes",
    ),
    "Q102": (_INTEGERS, "test_much_that_is_lost_is_said", "test_a_model_becomes_integers_and_says_what_that_changes"),
    "Q103": (_INTEGERS, "test_data_is_needed", "test_a_model_becomes_integers_and_says_what_that_changes"),
    "Q104": (
        _INTEGERS,
        "test_models_of_several_signatures_are_refused",
        "test_a_model_becomes_integers_and_says_what_that_changes",
    ),
    "Q105": (_RECIPES, "test_a_pattern_that_fits_nothing_is_a_mistake", "test_parts_become_what_the_recipe_says"),
    "Q106": (_RECIPES, "test_what_is_no_recipe_is_a_mistake", "test_a_recipe_survives_toml"),
    "Q108": (
        _INTEGERS,
        "test_what_is_of_integers_already_is_refused",
        "test_files_of_weights_in_fewer_bits_become_integers",
    ),
    "Q109": (
        _INTEGERS,
        "test_infinities_that_integers_do_not_hold_are_said",
        "test_finite_outputs_are_said_nothing_of",
    ),
    "Q131": (
        "quantization/test_training.py",
        "test_what_cannot_be_trained_is_said",
        "test_the_file_computes_what_was_simulated",
    ),
    "R105": (_TWIN, "test_running_says_which_kernel_is_missing", _WITHOUT),
    "R106": (_TWIN, "test_a_library_that_cannot_be_loaded_is_told", _WITHOUT),
    "V105": (_TWIN, "test_converting_compares_the_twin_and_says_that_the_operator_did_not_run", _WITHOUT),
    "V201": (_BISECTION, "test_a_file_of_other_weights_names_the_layers_that_differ", _RIGHT),
    "V202": (_BISECTION, "test_a_file_of_other_weights_names_the_layers_that_differ", _RIGHT),
    "V203": (_BISECTION, "test_a_fault_of_the_file_alone_is_said", _RIGHT),
    "V204": (_BISECTION, "test_the_operator_that_ends_the_runtime_is_found_in_a_file", _RIGHT),
    "V206": (_BISECTION, "test_functions_have_no_layers_and_their_files_are_looked_at", _RIGHT),
}
