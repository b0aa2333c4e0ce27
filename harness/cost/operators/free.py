"""Operators that do no floating point arithmetic: listed one by one, never by default."""

FREE_GROUPS: dict[str, str] = {
    "views": """
        _conj _neg_view _reshape_alias adjoint alias as_strided atleast_1d atleast_2d atleast_3d broadcast_tensors
        broadcast_to ccol_indices chunk col_indices conj crow_indices detach detach_ diagonal dsplit expand expand_as
        flatten hsplit imag indices lift_fresh linalg_diagonal mH mT matrix_H moveaxis movedim narrow numpy_T permute
        pin_memory positive ravel real reshape reshape_as resolve_conj resolve_neg row_indices select slice split
        split_with_sizes squeeze squeeze_ swapaxes swapaxes_ swapdims swapdims_ t t_ tensor_split transpose transpose_
        unbind unflatten unfold unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze unsqueeze_ values view
        view_as view_as_complex view_as_real vsplit _values _indices _unsafe_view
    """,
    "copies and casts": """
        _copy_from _foreach_copy _foreach_copy_ _foreach_zero _foreach_zero_ _reshape_copy _to_copy _to_cpu
        alias_copy as_strided_copy block_diag cat clone complex concat concatenate conj_physical conj_physical_
        constant_pad_nd contiguous copy copy_ cpu column_stack detach_copy diagonal_copy dstack expand_copy
        fill fill_ fill_diagonal_ flip fliplr flipud hstack int_repr lift lift_fresh_copy masked_fill
        masked_fill_ narrow_copy pad permute_copy reflection_pad1d reflection_pad2d reflection_pad3d repeat
        repeat_interleave replication_pad1d replication_pad2d replication_pad3d resize_ roll rot90 row_stack
        select_copy select_scatter set_ slice_copy slice_scatter split_copy split_with_sizes_copy squeeze_copy stack
        _stack t_copy tile to tril tril_ triu triu_ transpose_copy type_as unbind_copy unfold_copy unsqueeze_copy
        view_as_complex_copy view_as_real_copy view_copy vstack zero zero_ as_strided_scatter diagonal_scatter
        _cast_Byte _cast_Char _cast_Double _cast_Float _cast_Half _cast_Int _cast_Long _cast_Short
        pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle im2col _lazy_clone
        _pad_circular _pad_enum
    """,
    "gathers, look-ups and choices": """
        argwhere combinations cartesian_prod diag diag_embed diagflat embedding gather index index_copy
        index_copy_ index_fill index_fill_ index_select masked_scatter masked_scatter_ masked_select meshgrid nonzero
        nonzero_numpy nonzero_static one_hot scatter scatter_ take take_along_dim where _unsafe_index
        _unsafe_masked_index upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d
        _upsample_nearest_exact2d _upsample_nearest_exact3d _pack_padded_sequence _pad_packed_sequence
        pad_sequence unflatten_dense_tensors flatten_dense_tensors max_unpool2d max_unpool3d
    """,
    "constructors": """
        _efficientzerotensor _empty_affine_quantized arange bartlett_window blackman_window empty empty_like
        empty_permuted empty_strided eye
        fft_fftfreq fft_rfftfreq full full_like hamming_window hann_window kaiser_window linspace logspace new_empty
        new_empty_strided new_full new_ones new_zeros ones ones_like scalar_tensor tril_indices triu_indices zeros
        zeros_like range
    """,
    "shifts of a spectrum": "fft_fftshift fft_ifftshift",
    "integer and truth values": """
        all any bitwise_and bitwise_and_ bitwise_left_shift bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or
        bitwise_or_ bitwise_right_shift bitwise_right_shift_ bitwise_xor bitwise_xor_ gcd gcd_ lcm lcm_ logical_and
        logical_and_ logical_not logical_not_ logical_or logical_or_ logical_xor logical_xor_ __and__ __iand__ __or__
        __ior__ __xor__ __ixor__ __lshift__ __rshift__ _is_all_true _is_any_true is_nonzero _shape_as_tensor
    """,
    "sparse layouts": """
        _coalesce _coalesced_ _convert_indices_from_coo_to_csr _convert_indices_from_csr_to_coo _nnz
        _sparse_broadcast_to _sparse_compressed_tensor_unsafe _sparse_coo_tensor_unsafe
        _sparse_coo_tensor_with_dims_and_tensors _sparse_csr_tensor_unsafe _to_dense _to_sparse _to_sparse_csc
        _to_sparse_csr _to_sparse_bsr coalesce sparse_compressed_tensor sparse_coo_tensor sparse_csr_tensor sparse_mask
        to_dense to_sparse to_sparse_csc to_sparse_csr to_sparse_bsr _validate_sparse_coo_tensor_args
        _validate_sparse_compressed_tensor_args _validate_sparse_csr_tensor_args is_coalesced sparse_dim dense_dim
        _mkldnn_reshape _mkldnn_transpose to_mkldnn
    """,
    "questions and checks": """
        _assert_async _assert_scalar _assert_tensor_metadata _fused_sdp_choice _has_compatible_shallow_copy_type
        _linalg_check_errors _local_scalar_dense _version can_cast dim device is_complex is_floating_point is_inference
        is_pinned is_same_size is_signed item numel q_scale q_zero_point q_per_channel_scales q_per_channel_zero_points
        q_per_channel_axis qscheme result_type size storage_offset stride sym_constrain_range
        sym_constrain_range_for_size sym_numel sym_size sym_storage_offset sym_stride promote_types record_stream
    """,
}
"""Reason, and the names of ATen that it holds for."""

FREE: frozenset[str] = frozenset(f"aten.{name}" for names in FREE_GROUPS.values() for name in names.split())
"""Base names of operators that cost nothing, in whatever overload."""
